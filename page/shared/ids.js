// Different in each window and after each reload. (crypto.randomUUID is for pages with TLS only.)
function newId() {
  return [Date.now(), Math.random()].map((number) => number.toString(36)).join("-");
}
