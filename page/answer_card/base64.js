// Bytes in the server's JSON, which are encoded in base64.

function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
