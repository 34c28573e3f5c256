// Keeps what was written for this tab of the browser.

const TEN_KEY = "digits.ten";

// The strokes of each of the ten pads.
function rememberTen(strokes) {
  try {
    sessionStorage.setItem(TEN_KEY, JSON.stringify(strokes));
  } catch {} // there is no room, or the visitor allows no storage
}

function rememberedTen() {
  try {
    return JSON.parse(sessionStorage.getItem(TEN_KEY)) ?? [];
  } catch {
    return [];
  }
}
