// What the server answers to a request of one of its functions; {error} if it doesn't, or not in time,
// as where a phone has lost its network: Gradio has no value for it, or none ever.

const ANSWER_MS = 20_000; // for what takes longest
const PAD_ANSWER_MS = 8000; // for what is drawn on a pad, which asks again

function answerToPad(request) {
  return answerTo(request, PAD_ANSWER_MS);
}

function answerTo(request, milliseconds = ANSWER_MS) {
  const none = { error: "No answer from the server." };
  const late = new Promise((resolve) => setTimeout(resolve, milliseconds));
  return Promise.race([request, late]).then(
    (answer) => answer ?? none,
    () => none,
  );
}
