import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addOutputOptions } from '../output-options.ts';
