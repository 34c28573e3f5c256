// Whether a file is a picture, which some browsers don't know of a photograph in HEIC.

const PICTURE_NAME = /\.(png|jpe?g|gif|bmp|webp|tiff?|avif|hei[cf]|p[bgnp]m)$/i;

function isPictureFile({ type, name }) {
  return type.startsWith("image/") || PICTURE_NAME.test(name);
}
