import { createRequire } from "node:module";

import hardhatToolbox from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";

import { warningsAreErrors } from "./scripts/hardhat/warnings.ts";

const require = createRequire(import.meta.url);

/** The compiler comes with the npm packages, so a build downloads nothing. */
const compiler = {
  version: "0.8.37",
  path: require.resolve("solc/soljson.js"),
};

const settings = {
  // Cancun brings transient storage and MCOPY, and is live on every L2 that this network targets.
  evmVersion: "cancun",
  optimizer: { enabled: true, runs: 10_000 },
};

/** The exchange alone takes five seconds so, and a swap 1,600 gas less. Tests that carry it in their own code compile it as the rest. */
const swapSettings = { ...settings, optimizer: { enabled: true, runs: 1_000_000 }, viaIR: true };
/** The judge holds every move of a dispute in one contract, which only so fits into the size that chains allow; its moves cost no more gas. */
const judgeSettings = { ...settings, optimizer: { enabled: true, runs: 1_000 }, viaIR: true };
/** What a job's life takes is spent here; the market itself would not fit into a contract's size with more runs. */
const registrySettings = { ...settings, optimizer: { enabled: true, runs: 1_000_000 }, viaIR: true };
const marketSettings = { ...settings, optimizer: { enabled: true, runs: 20_000 }, viaIR: true };
/** The credits would come near the limit of a contract's size otherwise. */
const creditsSettings = { ...settings, optimizer: { enabled: true, runs: 200 } };
const shared = {
  "contracts/exchange/DePinDex.sol": { ...compiler, settings: swapSettings },
  "contracts/market/JobMarket.sol": { ...compiler, settings: marketSettings },
  "contracts/registry/ProviderRegistry.sol": { ...compiler, settings: registrySettings },
  "contracts/dispute/DisputeManager.sol": { ...compiler, settings: judgeSettings },
};
const overrides = { ...shared, "contracts/credits/ComputeCredits.sol": { ...compiler, settings: creditsSettings } };
const productionOverrides = {
  ...shared,
  "contracts/credits/ComputeCredits.sol": { ...compiler, settings: { ...creditsSettings, viaIR: true } },
};

/** Multiplies the runs of every property test; the nightly run raises it. */
const fuzzFactor = Math.max(1, Number(process.env.FUZZ_RUNS) || 1);

/** Observations and quotas are of the clock's hours and days: a chain in this process begins where none of these ends while a test runs, whenever that is. */
function tenPastMidnight(): Date {
  const day = 86_400_000;
  return new Date(Math.floor(Date.now() / day) * day + 600_000);
}

/** Instrumented for coverage, contracts are larger and slower than what is deployed. */
const isCoverage = process.argv.includes("--coverage");

export default defineConfig({
  plugins: [hardhatToolbox, warningsAreErrors],
  paths: {
    sources: "contracts",
    tests: "test",
    ignition: "deploy",
  },
  solidity: {
    // Tests are compiled only when they are run: `npm start` never waits for them.
    splitTestsCompilation: true,
    profiles: {
      default: {
        compilers: [{ ...compiler, settings }],
        overrides,
      },
      // What is deployed to a public chain: several times slower to compile, a few per cent cheaper to call.
      production: {
        compilers: [{ ...compiler, settings: { ...settings, viaIR: true } }],
        overrides: productionOverrides,
      },
    },
  },
  typechain: {
    outDir: "protocol/chain/generated",
    // The generated files carry empty statements that erasableSyntaxOnly refuses; they are only ever imported as types.
    tsNocheck: true,
  },
  // It hands memory that nothing has reserved from one function to the next, which what is put in between would overwrite.
  coverage: { skipFiles: ["contracts/exchange/TokenMoves.sol"] },
  networks: {
    // Gas is measured under Osaka, whose calldata floor makes large calldata dearer than Cancun did.
    default: {
      type: "edr-simulated",
      chainType: "l1",
      hardfork: "osaka",
      initialDate: tenPastMidnight(),
      allowUnlimitedContractSize: isCoverage,
    },
    node: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
    localhost: { type: "http", chainType: "l1", url: "http://127.0.0.1:8545" },
    custom: { type: "http", chainType: "l1", url: configVariable("ORION_RPC_URL") },
  },
  test: {
    mocha: { timeout: isCoverage ? 600_000 : 60_000, forbidOnly: true },
    solidity: {
      fuzz: { runs: 256 * fuzzFactor },
      invariant: { runs: 32 * fuzzFactor, depth: 64, failOnRevert: false },
    },
  },
});
