// Rows of text as a table of aligned columns that fits a width: the widest columns give way first.

/** A line for each row, the first underlined as the header. What does not fit ends in an ellipsis. */
export function textTable(rows: string[][], width: number): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  while (lengthOf(widths) > width && Math.max(...widths) > NARROWEST) widths[widths.indexOf(Math.max(...widths))]! -= 1;
  const lines = rows.map((row) =>
    row
      .map((cell, column) => fitted(cell, widths[column]!))
      .join(GAP)
      .trimEnd(),
  );
  return lines.toSpliced(1, 0, '─'.repeat(lengthOf(widths))).join('\n');
}

const GAP = '  ';
const NARROWEST = 10;

function lengthOf(widths: number[]): number {
  return widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1));
}

function fitted(text: string, width: number): string {
  return (text.length > width ? `${text.slice(0, width - 1).trimEnd()}…` : text).padEnd(width);
}
