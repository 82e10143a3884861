// SPDX-License-Identifier: Apache-2.0
package dev.trapline.capture.ebpf;

import java.util.Map;
import java.util.TreeMap;

/// Numbers of KVM to the kernel's own names of them, without their prefix. A number that a newer
/// kernel has added keeps its digits.
final class KvmReasons {
  /// `EXIT_REASON_` of arch/x86/include/uapi/asm/vmx.h (Linux 6.18).
  private static final Map<Integer, String> VMX =
      table(
          """
          0 EXCEPTION_NMI; 1 EXTERNAL_INTERRUPT; 2 TRIPLE_FAULT; 3 INIT_SIGNAL; 4 SIPI_SIGNAL;
          7 INTERRUPT_WINDOW; 8 NMI_WINDOW; 9 TASK_SWITCH; 10 CPUID; 12 HLT; 13 INVD;
          14 INVLPG; 15 RDPMC; 16 RDTSC; 18 VMCALL; 19 VMCLEAR; 20 VMLAUNCH; 21 VMPTRLD;
          22 VMPTRST; 23 VMREAD; 24 VMRESUME; 25 VMWRITE; 26 VMOFF; 27 VMON; 28 CR_ACCESS;
          29 DR_ACCESS; 30 IO_INSTRUCTION; 31 MSR_READ; 32 MSR_WRITE; 33 INVALID_STATE;
          34 MSR_LOAD_FAIL; 36 MWAIT_INSTRUCTION; 37 MONITOR_TRAP_FLAG; 39 MONITOR_INSTRUCTION;
          40 PAUSE_INSTRUCTION; 41 MCE_DURING_VMENTRY; 43 TPR_BELOW_THRESHOLD; 44 APIC_ACCESS;
          45 EOI_INDUCED; 46 GDTR_IDTR; 47 LDTR_TR; 48 EPT_VIOLATION; 49 EPT_MISCONFIG;
          50 INVEPT; 51 RDTSCP; 52 PREEMPTION_TIMER; 53 INVVPID; 54 WBINVD; 55 XSETBV;
          56 APIC_WRITE; 57 RDRAND; 58 INVPCID; 59 VMFUNC; 60 ENCLS; 61 RDSEED; 62 PML_FULL;
          63 XSAVES; 64 XRSTORS; 67 UMWAIT; 68 TPAUSE; 74 BUS_LOCK; 75 NOTIFY; 76 SEAMCALL;
          77 TDCALL; 84 MSR_READ_IMM; 85 MSR_WRITE_IMM
          """);

  /// `SVM_EXIT_` of arch/x86/include/uapi/asm/svm.h (Linux 6.18), without the 32 exceptions.
  private static final Map<Integer, String> SVM =
      table(
          """
          0x0 READ_CR0; 0x2 READ_CR2; 0x3 READ_CR3; 0x4 READ_CR4; 0x8 READ_CR8; 0x10 WRITE_CR0;
          0x12 WRITE_CR2; 0x13 WRITE_CR3; 0x14 WRITE_CR4; 0x18 WRITE_CR8; 0x20 READ_DR0;
          0x21 READ_DR1; 0x22 READ_DR2; 0x23 READ_DR3; 0x24 READ_DR4; 0x25 READ_DR5;
          0x26 READ_DR6; 0x27 READ_DR7; 0x30 WRITE_DR0; 0x31 WRITE_DR1; 0x32 WRITE_DR2;
          0x33 WRITE_DR3; 0x34 WRITE_DR4; 0x35 WRITE_DR5; 0x36 WRITE_DR6; 0x37 WRITE_DR7;
          0x60 INTR; 0x61 NMI; 0x62 SMI; 0x63 INIT; 0x64 VINTR; 0x65 CR0_SEL_WRITE;
          0x66 IDTR_READ; 0x67 GDTR_READ; 0x68 LDTR_READ; 0x69 TR_READ; 0x6a IDTR_WRITE;
          0x6b GDTR_WRITE; 0x6c LDTR_WRITE; 0x6d TR_WRITE; 0x6e RDTSC; 0x6f RDPMC; 0x70 PUSHF;
          0x71 POPF; 0x72 CPUID; 0x73 RSM; 0x74 IRET; 0x75 SWINT; 0x76 INVD; 0x77 PAUSE;
          0x78 HLT; 0x79 INVLPG; 0x7a INVLPGA; 0x7b IOIO; 0x7c MSR; 0x7d TASK_SWITCH;
          0x7e FERR_FREEZE; 0x7f SHUTDOWN; 0x80 VMRUN; 0x81 VMMCALL; 0x82 VMLOAD; 0x83 VMSAVE;
          0x84 STGI; 0x85 CLGI; 0x86 SKINIT; 0x87 RDTSCP; 0x88 ICEBP; 0x89 WBINVD;
          0x8a MONITOR; 0x8b MWAIT; 0x8c MWAIT_COND; 0x8d XSETBV; 0x8e RDPRU;
          0x8f EFER_WRITE_TRAP; 0x90 CR0_WRITE_TRAP; 0x91 CR1_WRITE_TRAP; 0x92 CR2_WRITE_TRAP;
          0x93 CR3_WRITE_TRAP; 0x94 CR4_WRITE_TRAP; 0x95 CR5_WRITE_TRAP; 0x96 CR6_WRITE_TRAP;
          0x97 CR7_WRITE_TRAP; 0x98 CR8_WRITE_TRAP; 0x99 CR9_WRITE_TRAP; 0x9a CR10_WRITE_TRAP;
          0x9b CR11_WRITE_TRAP; 0x9c CR12_WRITE_TRAP; 0x9d CR13_WRITE_TRAP;
          0x9e CR14_WRITE_TRAP; 0x9f CR15_WRITE_TRAP; 0xa2 INVPCID; 0xa3 BUSLOCK;
          0xa5 IDLE_HLT; 0x400 NPF; 0x401 AVIC_INCOMPLETE_IPI; 0x402 AVIC_UNACCELERATED_ACCESS;
          0x403 VMGEXIT; 0xf0000000 SW
          """);

  /// `KVM_EXIT_` of include/uapi/linux/kvm.h (Linux 6.18).
  private static final Map<Integer, String> RETURNS =
      table(
          """
          0 UNKNOWN; 1 EXCEPTION; 2 IO; 3 HYPERCALL; 4 DEBUG; 5 HLT; 6 MMIO; 7 IRQ_WINDOW_OPEN;
          8 SHUTDOWN; 9 FAIL_ENTRY; 10 INTR; 11 SET_TPR; 12 TPR_ACCESS; 13 S390_SIEIC;
          14 S390_RESET; 16 NMI; 17 INTERNAL_ERROR; 18 OSI; 19 PAPR_HCALL; 20 S390_UCONTROL;
          21 WATCHDOG; 22 S390_TSCH; 23 EPR; 24 SYSTEM_EVENT; 25 S390_STSI; 26 IOAPIC_EOI;
          27 HYPERV; 28 ARM_NISV; 29 X86_RDMSR; 30 X86_WRMSR; 31 DIRTY_RING_FULL;
          32 AP_RESET_HOLD; 33 X86_BUS_LOCK; 34 XEN; 35 RISCV_SBI; 36 RISCV_CSR; 37 NOTIFY;
          38 LOONGARCH_IOCSR; 39 MEMORY_FAULT; 40 TDX
          """);

  private static final int SVM_FIRST_EXCEPTION = 0x40;
  private static final int SVM_LAST_EXCEPTION = 0x5f;

  private KvmReasons() {}

  /// The name of an exit.
  ///
  /// @param isa of the processor, as the tracepoint says it
  static String exit(int isa, int number) {
    return switch (isa) {
      case EbpfLayout.ISA_VMX -> named(VMX, "VMX", number);
      case EbpfLayout.ISA_SVM -> {
        if (number == -1) {
          yield "ERR";
        }
        yield number >= SVM_FIRST_EXCEPTION && number <= SVM_LAST_EXCEPTION
            ? "EXCP_" + (number - SVM_FIRST_EXCEPTION)
            : named(SVM, "SVM", number);
      }
      default -> "ISA_" + isa + "_" + Integer.toHexString(number);
    };
  }

  /// The name of a return of KVM_RUN.
  static String returned(int number) {
    return number == EbpfLayout.RETURN_FAILED ? "ERROR" : named(RETURNS, "RETURN", number);
  }

  private static String named(Map<Integer, String> names, String otherwise, int number) {
    String name = names.get(number);
    return name == null ? otherwise + "_0x" + Integer.toHexString(number) : name;
  }

  private static Map<Integer, String> table(String text) {
    Map<Integer, String> names = new TreeMap<>();
    for (String entry : text.split("[;\\n]+", -1)) {
      String[] words = entry.strip().split(" ", -1);
      if (words.length == 2) {
        names.put((int) (long) Long.decode(words[0]), words[1]);
      }
    }
    return names;
  }
}
