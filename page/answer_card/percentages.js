// The label widget rounds to whole percent. Nothing is certain: ">99%" and "<1%" in the place of 100
// and 0.

const BETTER_PERCENTAGES = { "100%": ">99%", "0%": "<1%" };

// The widget may appear later than this is called.
function correctPercentages() {
  function correct() {
    for (const cell of document.querySelectorAll("#label dd")) {
      for (const node of cell.childNodes) {
        const better = BETTER_PERCENTAGES[node.data?.trim()];
        if (better) node.data = better;
      }
    }
  }

  const options = { subtree: true, childList: true, characterData: true };
  new MutationObserver(correct).observe(document.body, options);
}
