// The list of many pictures: connects its parts.

const MOST_NAMES = 5; // of files, in a sentence
const NOT_ALL = "Not all of the pictures could be read.";

function startBatchList({ element, props, trigger, watch, upload }) {
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
    if (value.stopped) {
      progress.end("");
      progress.tell(NOT_ALL);
    }
    if (!value.rows || !runs.take(value)) return;
    if (value.rows.length < value.total) {
      progress.step("Reading", value.rows.length, value.total);
    } else {
      progress.end(value.total === 1 ? "1 picture read." : `${value.total} pictures read.`);
      rememberRows(runs.kept());
    }
    show();
  }

  async function send(files) {
    const { mostFiles, mostMb } = find(".drop").dataset;
    const most = Number(mostFiles);
    progress.tell("");
    if (files.length === 0) progress.tell("There is no picture among these files.");
    if (files.length > most)
      progress.tell(`These are ${files.length} files; send ${most} at most.`);
    if (files.length === 0 || files.length > most) return;
    const onStep = (count) => progress.step("Sending", count, files.length);
    const { sent, unsent } = await sendFiles({ files, mostMb, upload, onStep });
    progress.end("");
    const reasons = [...unsent].map(([reason, names]) => `${someOf(names)}: ${reason}`);
    progress.tell(reasons.join(" "));
    if (sent.length === 0) return;
    runs.expect();
    props.value = { files: sent };
    trigger("upload");
  }

  function clear() {
    runs.clear();
    sorting.reset();
    progress.end("");
    progress.tell("");
    rememberRows(runs.kept());
    show();
    find(".choose-files").focus();
  }

  acceptPictures({ element, onFiles: send });
  tryExamples.addEventListener("click", () => {
    tryExamples.disabled = true;
    runs.expect();
    trigger("example_select");
  });
  find(".save").addEventListener("click", ({ currentTarget }) => {
    saveAsCsv(currentTarget.dataset.head, runs.rows());
  });
  find(".clear").addEventListener("click", clear);
  window.addEventListener("pagehide", () => rememberRows(runs.kept()));
  watch("value", () => take(props.value));
  runs.restore(rememberedRows());
  if (!runs.isWhole()) progress.tell(NOT_ALL);
  show();
}

function someOf(names) {
  const rest = names.length - MOST_NAMES;
  const shown = names.slice(0, MOST_NAMES).join(", ");
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
