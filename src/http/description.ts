// What the OpenAPI document says of the whole API.

/** The head of the OpenAPI 3.1 document; operations and schemas come from the routes. */
export function describe() {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Demarche',
      version: '1',
      summary: 'Who held which position, when, and on what evidence.',
      description:
        'Diplomatic facts are recorded as events in an append-only log, each with its source; every answer is a replay of them. ' +
        'Two times are kept apart: `at` asks where things stood on a day, `knownAt` what the log knew.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    components: {
      securitySchemes: {
        key: {
          type: 'http' as const,
          scheme: 'bearer',
          description:
            'An API key: `Authorization: Bearer demarche_7_…`. While there has never been a key, and no issuer of tokens is set, ' +
            'requests need none: the server then listens on the loopback only.',
        },
        token: {
          type: 'http' as const,
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A token of the OIDC issuer that the server is set to trust; one of its claims names the roles.',
        },
      },
    },
    tags: [
      { name: 'Events', description: 'Recording facts and finding them again.' },
      { name: 'Positions', description: 'Where actors stand on issues, and how they came to stand there.' },
      { name: 'Dealings', description: 'Contacts of two actors, and their relations by month.' },
      { name: 'Ledgers', description: 'What became of demands, proposals, commitments, negotiations and encounters.' },
      { name: 'Actors and issues', description: 'Who acts, and what about.' },
      { name: 'Vocabulary', description: 'What can be recorded.' },
      { name: 'Log', description: 'The log itself.' },
      { name: 'Replay', description: 'The read models and how far they are.' },
      { name: 'Access', description: 'Who may do what: API keys.' },
      { name: 'Health', description: 'Whether the server can serve.' },
    ],
  };
}

/** Where a format says it, the expression that zod checks it by says nothing more. */
export function withoutLongPattern({ jsonSchema }: { jsonSchema: { format?: string; pattern?: string } }): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
}
