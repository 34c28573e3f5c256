// What the server answers to a request of one of its functions; {error} if it doesn't, or not in time,
// as where a phone has lost its network: Gradio has no value for it, or none ever.

const ANSWER_MS = 20_000; // for what takes longest

function answerTo(request, milliseconds = ANSWER_MS) {
  const none = { error: "No answer from the server." };
  const late = new Promise((resolve) => setTimeout(resolve, milliseconds));
  return Promise.race([request, late]).then(
    (answer) => answer ?? none,
    () => none,
  );
}
