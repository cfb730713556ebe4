/** Pages import the clients, pure rules, and one another as below. @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'web: what it may import',
      comment: 'apps/web may import sdks and core.',
      severity: 'error',
      from: { path: '^apps/web/', pathNot: '^apps/web/[^/]+\\.config\\.ts$' },
      to: {
        pathNot: ['^apps/web/', '^sdks/typescript/generated/', '^libs/core/', '^node_modules/'],
        dependencyTypesNot: ['npm', 'npm-dev'],
      },
    },
    {
      name: 'web: parts know no surface',
      comment: 'What the surfaces share lies in parts, which imports none of them.',
      severity: 'error',
      from: { path: '^apps/web/parts/' },
      to: { path: '^apps/web/(portal|admin|setup|share)/' },
    },
    {
      name: 'web: four surfaces',
      comment: 'portal, admin, setup and share have their common code in parts.',
      severity: 'error',
      from: { path: '^apps/web/(portal|admin|setup|share)/' },
      to: { path: '^apps/web/(portal|admin|setup|share)/', pathNot: '^apps/web/$1/' },
    },
    {
      name: 'no circles',
      severity: 'error',
      from: { pathNot: '^sdks/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'nothing unresolvable',
      comment: 'Every import leads to a file or an installed package. The client is made by `npm run compile:sdk`.',
      severity: 'error',
      from: { pathNot: '^sdks/' },
      to: { couldNotResolve: true, pathNot: ['^#sdk/', '/macro$'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^sdks/'] },
    tsConfig: { fileName: 'apps/web/tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['halogen-source', 'import', 'browser', 'default', 'types'] },
    cache: false,
  },
};
