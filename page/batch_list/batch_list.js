// The list of many pictures: connects its parts.

const MOST_NAMES = 5; // of files, in a sentence
const NOT_ALL = "Not all of the pictures could be read.";
const NONE = "The pictures could not be read.";

function startBatchList({ element, props, trigger, watch }) {
  const find = (selector) => element.querySelector(selector);
  const progress = createProgress(element);
  const filter = createFilter({ parent: find(".chips"), onChange: show });
  const sorting = createSorting({ head: find("thead"), onChange: show });
  const runs = createRuns();
  const tryExamples = find(".try-examples");

  function show() {
    const rows = runs.rows();
    find(".empty").hidden = rows.length > 0;
    find(".listed").hidden = rows.length === 0;
    filter.show(rows);
    const items = sorting.sorted(rows.filter(filter.matches)).map(itemOf);
    find("tbody").replaceChildren(...items);
  }

  function take(value) {
    if (!value) return;
    tryExamples.disabled = false;
    if (value.stopped && runs.isWanted(value.stopped)) {
      progress.end(value.stopped, "");
      progress.tell(runs.stop(value.stopped) ? NOT_ALL : NONE);
    }
    if (!value.rows || !runs.take(value)) return;
    if (value.rows.length < value.total) {
      progress.step(value.run, "Reading", value.rows.length, value.total);
    } else {
      progress.end(value.run, resultOf(value.rows));
      rememberRows(runs.kept());
    }
    show();
  }

  async function send(files) {
    const { mostFiles, mostMb, mostBatchMb } = find(".drop").dataset;
    const problem = problemOf(files, mostFiles, mostBatchMb);
    progress.tell(problem);
    if (problem) return;
    const run = runs.expect();
    const isWanted = () => runs.isWanted(run);
    const onStep = (count) => {
      if (isWanted()) progress.step(run, "Sending", count, files.length);
    };
    onStep(0);
    const { sent, unsent } = await sendFiles({ files, mostMb, isWanted, onStep });
    if (!isWanted()) return;
    const reasons = [...unsent].map(([reason, names]) => `${someOf(names)}: ${reason}`);
    progress.tell(reasons.join(" "));
    if (sent.length === 0) {
      progress.end(run, "");
      runs.stop(run);
      return;
    }
    progress.step(run, "Reading", 0, sent.length);
    props.value = { files: sent, run };
    trigger("upload");
  }

  // What has come stays.
  function stop() {
    runs.end();
    trigger("clear");
    tryExamples.disabled = false;
    progress.endAll("Stopped.");
    rememberRows(runs.kept());
    moveFocus(find(".stop"), find(".status"));
  }

  function clear() {
    runs.clear();
    trigger("clear");
    tryExamples.disabled = false;
    sorting.reset();
    filter.reset();
    progress.endAll("");
    progress.tell("");
    rememberRows(runs.kept());
    show();
    find(".choose-files").focus();
  }

  acceptPictures({ element, onFiles: send });
  tryExamples.addEventListener("click", () => {
    progress.tell("");
    tryExamples.disabled = true;
    moveFocus(tryExamples, find(".status"));
    props.value = { run: runs.expect() };
    trigger("example_select");
  });
  find(".save").addEventListener("click", ({ currentTarget }) => {
    saveAsCsv(currentTarget.dataset.head, runs.rows());
  });
  find(".stop").addEventListener("click", stop);
  find(".clear").addEventListener("click", clear);
  window.addEventListener("pagehide", () => rememberRows(runs.kept()));
  watch("value", () => take(props.value));
  runs.restore(rememberedRows());
  if (!runs.isWhole()) progress.tell(NOT_ALL);
  show();
}

// How many of them were read.
function resultOf(rows) {
  const unread = rows.filter(({ problem }) => problem).length;
  const count = rows.length - unread;
  const read = count === 1 ? "1 picture read" : `${count} pictures read`;
  return unread ? `${read}, ${unread} can’t be read.` : `${read}.`;
}

// Why they can't be sent at a time; "" if they can.
function problemOf(files, mostFiles, mostMb) {
  const megabytes = files.reduce((sum, { file }) => sum + (file?.size ?? 0), 0) / 1e6;
  if (files.length === 0) return "There is no picture among these files.";
  if (files.length > mostFiles)
    return `These are ${files.length} files; send ${mostFiles} at most.`;
  if (megabytes > mostMb)
    return `These files have ${Math.round(megabytes)} MB together; send ${mostMb} at most.`;
  return "";
}

function someOf(names) {
  const rest = names.length - MOST_NAMES;
  const shown = names.slice(0, MOST_NAMES).join(", ");
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
