// What this tab of the browser keeps through a reload and a server that starts again.

// Returns whether it is kept: there may be no room, or the visitor allows no storage. Else nothing is:
// what was kept before is no longer true.
function keepInTab(key, text) {
  try {
    sessionStorage.setItem(key, text);
    return true;
  } catch {
    forgetInTab(key);
    return false;
  }
}

function forgetInTab(key) {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // There is none then.
  }
}

// The value whose JSON was kept; null if there is none.
function keptInTab(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}
