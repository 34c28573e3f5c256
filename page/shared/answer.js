// What the server answers to a request of one of its functions; {error} if it doesn't.
function answerTo(request) {
  return request.catch(() => ({ error: "No answer from the server." }));
}
