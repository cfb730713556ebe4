/** The import table of the design: from the folder on the left only the folders (and npm packages) on the right. */
const LAYERS = {
  'libs/core': { folders: ['libs/core'], packages: [] },
  'libs/contracts': { folders: ['libs/contracts', 'libs/core'], packages: ['zod'] },
  'libs/workflows': {
    folders: ['libs/workflows', 'libs/core'],
    packages: ['@temporalio/workflow', '@temporalio/interceptors-opentelemetry'],
    types: ['libs/contracts'],
  },
  'libs/backends': { folders: ['libs/backends', 'libs/core', 'libs/media'], types: ['libs/contracts'] },
  'libs/media': { folders: ['libs/media', 'libs/core'], types: ['libs/contracts'] },
  'libs/platform': { folders: ['libs/platform', 'libs/core', 'libs/contracts'] },
  'libs/features': {
    folders: ['libs/features', 'libs/core', 'libs/contracts', 'libs/platform', 'libs/media'],
    types: ['libs/workflows'],
  },
  'apps/api': { folders: ['apps/api', 'libs'] },
  'apps/scheduler': { folders: ['apps/scheduler', 'libs'] },
  'apps/generation-worker': { folders: ['apps/generation-worker', 'libs'] },
  'apps/background-worker': { folders: ['apps/background-worker', 'libs'] },
  'apps/lane-agent': { folders: ['apps/lane-agent', 'libs/core', 'libs/contracts', 'libs/backends', 'libs/media', 'libs/platform'] },
};

/** Pure code has no I/O, no clock and no framework; workflows must replay the same everywhere. */
const WITHOUT_NODE = ['libs/core', 'libs/contracts', 'libs/workflows'];

/** Tests may reach for test tools and real servers; what ships may not. */
const TESTS = '(\\.spec\\.ts$|/testing/)';
const TEST_HELP = '^(apps|libs|infra)/.*\\btesting/';

/** @returns {import('dependency-cruiser').IForbiddenRuleType[]} */
function rulesOf([layer, { folders, packages, types = [] }]) {
  const from = { path: `^${layer}/`, pathNot: TESTS };
  const ours = '^(apps|libs|infra|migrations|test|bench)/';
  const rules = [
    {
      name: `${layer}: what it may import`,
      comment: `${layer} may import ${[...folders, ...types.map((type) => `types of ${type}`)].join(', ')}.`,
      severity: 'error',
      from,
      to: { path: ours, pathNot: [...folders, ...types].map((folder) => `^${folder}/`) },
    },
  ];
  if (types.length > 0) {
    rules.push({
      name: `${layer}: types only`,
      comment: `${layer} may import ${types.join(', ')} as types only ("import type").`,
      severity: 'error',
      from,
      to: { path: types.map((folder) => `^${folder}/`), dependencyTypesNot: ['type-only'] },
    });
  }
  if (packages) {
    rules.push({
      name: `${layer}: which packages`,
      comment: `${layer} may use ${packages.join(', ') || 'no npm package'}.`,
      severity: 'error',
      from,
      to: { path: '^node_modules/', pathNot: packages.map((name) => `^node_modules/${name}/`) },
    });
  }
  return rules;
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(LAYERS).flatMap(rulesOf),
    {
      name: 'no Node in pure code',
      comment: 'core, contracts and workflows do no I/O and read no clock: what they need comes in.',
      severity: 'error',
      from: { path: `^(${WITHOUT_NODE.join('|')})/`, pathNot: TESTS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'features: another one by its service or module',
      comment: 'Of another feature only its .service.ts or .module.ts.',
      severity: 'error',
      from: { path: '^libs/features/([^/]+)/', pathNot: TESTS },
      to: { path: '^libs/features/', pathNot: ['^libs/features/$1/', '\\.(service|module)\\.ts$'] },
    },
    {
      name: 'test help only in tests',
      comment: 'A folder named testing is for specs, journeys and benchmarks.',
      severity: 'error',
      from: { path: '^(apps|libs|infra|migrations)/', pathNot: TESTS },
      to: { path: TEST_HELP },
    },
    {
      name: 'an app is never imported',
      comment: 'Two apps share code through libs.',
      severity: 'error',
      from: { path: '^(libs|infra|migrations)/', pathNot: TESTS },
      to: { path: '^apps/' },
    },
    {
      name: 'no circles',
      severity: 'error',
      from: { pathNot: TESTS },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'nothing unresolvable',
      comment: 'Every import leads to a file or an installed package.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|apps/web)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['halogen-source', 'import', 'require', 'node', 'default', 'types'],
    },
    cache: false,
  },
};
