// What a question is about: the picture, and of a number the chosen digit's box in it.
function asked({ picture, number, chosen }) {
  return { picture, box: number ? number.digits[chosen].box : null };
}
