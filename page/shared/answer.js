// What the server answers to a request of one of its functions; {error} if it doesn't: then Gradio
// has no value for it.
function answerTo(request) {
  const none = { error: "No answer from the server." };
  return request.then(
    (answer) => answer ?? none,
    () => none,
  );
}
