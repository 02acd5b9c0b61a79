// The issues that a fact touches without taking a stance on them, so that it is found under them.
import { z } from 'zod';
import { issueRef } from './reference.ts';

export const bearsOn = z
  .array(issueRef)
  .min(1)
  .max(50)
  .optional()
  .meta({ description: 'Issues that the fact bears on; the issue of a stance need not be repeated.' });
