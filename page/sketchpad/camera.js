// "Photo": a phone's own camera app; on other machines the webcam, whose picture is on the pad until
// it is taken.

const NO_CAMERA = "There is no camera that this page may use.";

// onPhoto takes a File. Whatever else comes onto the pad should close the camera.
function createCamera({ element, status, onPhoto }) {
  const find = (selector) => element.querySelector(selector);
  const viewfinder = find(".viewfinder");
  const video = viewfinder.querySelector("video");
  const take = viewfinder.querySelector(".take");
  const cancel = viewfinder.querySelector(".cancel");
  const photo = find(".photo");
  let stream = null;
  let visit = 0; // the camera that was asked for before has come too late

  const hasOwnApp = () => matchMedia("(pointer: coarse)").matches || !navigator.mediaDevices;

  async function open() {
    status.textContent = "";
    if (hasOwnApp()) {
      find(".camera-file").click();
      return;
    }
    const mine = ++visit;
    photo.disabled = true;
    const wanted = { video: { facingMode: "environment" } };
    const found = await navigator.mediaDevices.getUserMedia(wanted).catch(() => null);
    if (mine !== visit) {
      stop(found);
      return;
    }
    if (found) show(found);
    else {
      close();
      moveFocus(photo, photo); // which was disabled meanwhile
      status.textContent = NO_CAMERA;
    }
  }

  function show(found) {
    stream = found;
    video.srcObject = stream;
    viewfinder.hidden = false;
    cancel.focus(); // there is no picture to take yet
  }

  function stop(camera) {
    for (const track of camera?.getTracks() ?? []) track.stop();
  }

  function close() {
    visit++;
    stop(stream);
    stream = null;
    video.srcObject = null;
    take.disabled = true;
    photo.disabled = false;
    if (viewfinder.contains(document.activeElement)) photo.focus();
    viewfinder.hidden = true;
  }

  async function shoot() {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    close();
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
    onPhoto(new File([blob], "photo.jpg", { type: blob.type }));
  }

  photo.addEventListener("click", open);
  take.addEventListener("click", shoot);
  video.addEventListener("playing", () => {
    take.disabled = false;
    if (viewfinder.contains(document.activeElement)) take.focus();
  });
  cancel.addEventListener("click", close);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || viewfinder.hidden) return;
    event.preventDefault(); // the pad's keys are not meant
    close();
  });
  return { close };
}
