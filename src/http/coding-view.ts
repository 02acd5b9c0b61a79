// A coding as the API shows it.
import { z } from 'zod';
import { quadClasses } from '../domain/codings/cameo.ts';

const meaning = {
  cameo: z.string().meta({ description: 'A CAMEO code, as text: `010` is not `10`.' }),
  name: z.string(),
  goldstein: z.number().meta({ description: 'Goldstein (1992): −10, most conflictual, to +10, most cooperative.' }),
  quadClass: z.enum(quadClasses as [string, ...string[]]),
  plover: z
    .object({ type: z.string(), mode: z.string().nullable(), contexts: z.array(z.string()) })
    .nullable()
    .meta({ description: 'The PLOVER type that corresponds; null where there is none.' }),
};

export const EXAMPLE_DEFAULT_CODING = {
  cameo: '041',
  name: 'Discuss by telephone',
  goldstein: 1,
  quadClass: 'verbal_cooperation',
  plover: { type: 'CONSULT', mode: 'phone', contexts: [] },
};

export const EXAMPLE_CODING = { codedBy: 'default', ...EXAMPLE_DEFAULT_CODING };

export const defaultCodingView = z.object(meaning).meta({ id: 'DefaultCoding', examples: [EXAMPLE_DEFAULT_CODING] });

export const codingView = z
  .object({
    codedBy: z.string().meta({ description: '`default` where the code follows from the type and the data.' }),
    ...meaning,
  })
  .meta({ id: 'CodingView', examples: [EXAMPLE_CODING] });
