import Mocha from "mocha";

import { makePatient } from "./make-patient.ts";
import { patienceNow } from "./patience.ts";

// Loaded by mocha with --require, in the main process and in those of parallel runs.
makePatient(Mocha.Runnable.prototype, () => patienceNow(process.env));
