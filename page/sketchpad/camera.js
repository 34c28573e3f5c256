// "Photo": a phone's own camera app; on other machines the webcam, whose picture is on the pad until
// it is taken.

const NO_CAMERA = "There is no camera that this page may use.";

// onPhoto takes a File.
function createCamera({ element, status, onPhoto }) {
  const find = (selector) => element.querySelector(selector);
  const viewfinder = find(".viewfinder");
  const video = viewfinder.querySelector("video");
  const take = viewfinder.querySelector(".take");
  const photo = find(".photo");
  let stream = null;

  const hasOwnApp = () => matchMedia("(pointer: coarse)").matches || !navigator.mediaDevices;

  async function open() {
    status.textContent = "";
    if (hasOwnApp()) {
      find(".camera-file").click();
      return;
    }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      status.textContent = NO_CAMERA;
      return;
    }
    video.srcObject = stream;
    viewfinder.hidden = false;
    take.focus();
  }

  function close() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
    viewfinder.hidden = true;
  }

  async function shoot() {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    close();
    photo.focus();
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
    onPhoto(new File([blob], "photo.jpg", { type: blob.type }));
  }

  photo.addEventListener("click", open);
  take.addEventListener("click", shoot);
  video.addEventListener("playing", () => {
    take.disabled = false;
  });
  viewfinder.querySelector(".cancel").addEventListener("click", close);
  viewfinder.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // the pad's keys are not meant
    close();
    photo.focus();
  });
}
