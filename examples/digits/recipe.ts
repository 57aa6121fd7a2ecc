/** Everything that decides the bytes of the files. */
export interface Recipe {
  readonly seed: number;
  readonly trainImages: number;
  readonly testImages: number;
  readonly epochs: number;
  /** Images of the training set that decide the ranges of the activations. */
  readonly calibrationImages: number;
}

/** What the committed files were made with. */
export const STANDARD: Recipe = {
  seed: 2026,
  trainImages: 10_240,
  testImages: 1_024,
  epochs: 6,
  calibrationImages: 1_024,
};

/** A few seconds: every step runs, but the network learns little. */
export const QUICK: Recipe = { ...STANDARD, trainImages: 1_024, testImages: 128, epochs: 3, calibrationImages: 128 };
