import type { Command } from 'commander';
import { type OtlpLines, otlpLines } from '../../analyze/formats/otlp-lines.ts';
import { nothingPulledError, type PullResult, pullJaeger } from '../../analyze/sources/jaeger.ts';
import { ExitCode } from '../exit-codes.ts';
import { type Io, write } from '../io.ts';
import { addJaegerOptions, type JaegerFlags, type JaegerRequest, parseJaegerRequest } from '../jaeger-options.ts';
import { addCommonOptions } from '../output-options.ts';
import { formatBytes, type Progress, startProgress } from '../progress.ts';
import { writeFileWhole } from '../write-file.ts';
