/** Numbers as text, neighbours joined: `0-41,43`. An hour of requests stays short where nearly all of them arrived. */
export function toRanges(numbers: Iterable<number>): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const ranges: string[] = [];
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (end + 1 < sorted.length && (sorted[end + 1] as number) - (sorted[end] as number) <= 1) end += 1;
    ranges.push(sorted[start] === sorted[end] ? `${sorted[start]}` : `${sorted[start]}-${sorted[end]}`);
    start = end + 1;
  }
  return ranges.join(',');
}

/** The numbers that {@link toRanges} wrote, ascending and each once. Throws on anything else. */
export function fromRanges(text: string): ReadonlySet<number> {
  const numbers = new Set<number>();
  if (text === '') return numbers;
  for (const range of text.split(',')) {
    const [, start, end = start] = range.match(/^(\d+)(?:-(\d+))?$/) ?? [];
    if (start === undefined) throw new Error(`${JSON.stringify(range)} is no range of numbers`);
    for (let number = Number(start); number <= Number(end); number += 1) numbers.add(number);
  }
  return numbers;
}
