const ALL_OF_IT = "all"; // in the place of a chosen digit: what was read as several is one

// What a question is about: the picture, and of a number the chosen digit's box in it.
function asked({ picture, number, chosen }) {
  return { picture, box: number && chosen !== ALL_OF_IT ? number.digits[chosen].box : null };
}
