// Tables as text: rows of named cells, from tab-separated lines or from CSV, where a quoted cell may hold commas.

/** One record for each line after the header, by the names in the header. */
export function readTable(text: string, format: 'tsv' | 'csv'): Record<string, string>[] {
  const [header = '', ...lines] = text.split(/\r?\n/).filter((line) => line !== '');
  const cells = format === 'tsv' ? (line: string) => line.split('\t') : csvCells;
  const names = cells(header);
  return lines.map((line) => {
    const values = cells(line);
    return Object.fromEntries(names.map((name, column) => [name, values[column] ?? '']));
  });
}

function csvCells(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain,
  );
}
