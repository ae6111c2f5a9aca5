import { type FakeAnthropicOptions, startAnthropic } from '../../../support/vendors/anthropic.ts';
import { setUpWith } from '../vendor-setup.ts';

export const setUp = (options: FakeAnthropicOptions = {}) => setUpWith(() => startAnthropic(options));
