// What the visitor's machine is.

function isApple() {
  return /Mac|iPhone|iPad/.test(navigator.platform);
}

// Calls back whenever the window has come to a screen with more or fewer pixels.
function onOtherScreen(callback) {
  const now = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
  const change = () => {
    callback();
    onOtherScreen(callback);
  };
  now.addEventListener("change", change, { once: true });
}
