// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import dev.trapline.capture.CaptureSource;
import dev.trapline.capture.CaptureSourceContract;

class EbpfCaptureSourceTest extends CaptureSourceContract {
  @Override
  protected CaptureSource source() {
    return new EbpfCaptureSource();
  }

  @Override
  protected boolean tellsObjects() {
    return true;
  }
}
