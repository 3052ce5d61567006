import js from '@eslint/js'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

export default defineConfig(
  {
    ignores: ['dist/', 'target/', 'binding.d.cts', 'crates/', 'scripts/pack/consumer.*', 'scripts/pack/typed.*', 'scripts/*/guests/', '.noxrun/'],
  },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      // Numbers are what this project prints; the rule guards against objects and undefined.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // `while (true)` is the plain way to write a loop that ends from within.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: 'only-allowed-literals' }],
    },
  },
  {
    // Build scripts are typed by JSDoc, which casts where TypeScript would declare.
    files: ['**/*.mjs'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      // The rule does not see a JSDoc cast of what JSON.parse returns.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      'no-undef': 'off',
    },
  },
  {
    // The loader is plain CommonJS, and what it loads has its types beside it.
    files: ['binding.cjs'],
    rules: {
      'no-undef': 'off',
      '@typescript-eslint/no-require-imports': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // Benchmarks and examples use the built package, whose types are not there when lints run.
    files: ['bench/**', 'examples/**'],
    extends: [tseslint.configs.disableTypeChecked],
  },
)
