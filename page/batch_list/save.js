// The list as a CSV file, whose lines came with the rows.

const SAVED_MS = 10_000; // until a download has begun, which in Safari is after the click

function saveAsCsv(head, rows) {
  const lines = [`${head}\r\n`, ...rows.map(({ csv }) => csv)];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", ...lines], { type: "text/csv" }));
  link.download = "digits.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVED_MS);
}
