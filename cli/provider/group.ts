import { group, type AnyCommand, type GroupSpec } from "../core/command.ts";
import { providerAuthorise } from "./authorise.ts";
import { providerKeyGroup } from "./keys.ts";
import { providerRegister } from "./register.ts";
import { providerStake } from "./stake.ts";
import { providerStatus } from "./status.ts";
import { providerWithdraw } from "./withdraw.ts";

const keyCommands: AnyCommand = (runner) => group(providerKeyGroup, runner);

export const providerGroup: GroupSpec = {
  name: "provider",
  summary: "stake and standing of a compute provider",
  commands: [providerRegister, providerStake, providerAuthorise, providerWithdraw, providerStatus, keyCommands],
};
