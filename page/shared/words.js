// Words that several parts of the card use.

// "a 7", "an 8".
function withArticle(digit) {
  return `${digit === "8" ? "an" : "a"} ${digit}`;
}
