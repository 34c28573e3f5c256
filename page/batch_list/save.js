// The list as a CSV file, whose lines came with the rows.

function saveAsCsv(head, rows) {
  const lines = [`${head}\r\n`, ...rows.map(({ csv }) => csv)];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", ...lines], { type: "text/csv" }));
  link.download = "digits.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
