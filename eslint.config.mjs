import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores([
    "**/node_modules/",
    "artifacts/",
    "cache/",
    "coverage/",
    ".orion/",
    "protocol/chain/generated/",
    "protocol/kernels/wasm/generated/",
    "protocol/query/operations/",
    "deploy/deployments/",
    // AssemblyScript: it looks like TypeScript and is none.
    "subgraph/mappings/",
    "protocol/kernels/wasm/assembly/",
  ]),
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // Numbers and bigints read well in messages; everything else must say how it is printed.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      // Indexing is guarded by noUncheckedIndexedAccess; in inner loops over typed arrays `!` states a proven bound.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // A limit that happens to be constant today is still a limit worth checking.
      "@typescript-eslint/no-unnecessary-condition": "off",
      "no-console": "off",
      eqeqeq: "error",
      curly: ["error", "multi-line"],
      "max-lines": ["warn", { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ["protocol/**/*.ts", "keepers/**/*.ts", "worker/**/*.ts"],
    // Services log through the structured logger; only commands talk to the terminal.
    rules: { "no-console": "error" },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      // chai's assertions are getters: `expect(x).to.be.true`.
      "@typescript-eslint/no-unused-expressions": "off",
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } },
  },
);
