// For the keyboard, in the place of a button that has gone; unless the visitor has gone elsewhere.
function moveFocus(from, to) {
  if ([from, document.body].includes(document.activeElement)) to.focus({ preventScroll: true });
}
