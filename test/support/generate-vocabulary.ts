// Who and what generated logs are about, and when.

/** How often each is drawn, as with all such numbers in these logs. */
export type Weights = Record<string, number>;

/** Few, so that much is said of the same: two people, a cabinet, the state it mostly speaks for, and another. */
export const ACTORS: Weights = { ann: 5, ben: 3, cabinet: 3, dorne: 2, essos: 2 };
export const INSTITUTIONS: Weights = { cabinet: 4, dorne: 4, essos: 2, ben: 1, ann: 1 };
export const ISSUES: Weights = { peace: 5, quota: 3, trade: 2 };
export const OFFICES: Weights = { Head: 3, Chair: 1 };

/** Vague, open and exact dates that overlap in every way, and one that is still to come. */
export const DATES = [
  '2024 2023 202X 2024-21 2024-02 2024-03~ 2024-02-15 2024-02-29 2024-03-01 2024-03-01 2024-06 2024-06-01?',
  '2024-02-15/2024-03-15 ../2024-02 2024-03/.. /2023 2024-02-29T23:30:00-05:00 2023-12-31/2024 2025',
].flatMap((line) => line.split(' '));

/** The days around which the dates begin and end. */
export const DAYS = ['1999-01-01', '2023-12-31', '2024-02-15', '2024-02-29', '2024-03-01', '2024-06-15', '2029-12-31'];
