/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The few fields of kernel structures that the program reads. CO-RE relocates each
 * access against the running kernel's BTF, so only names and types matter here, not
 * offsets, and no vmlinux.h of one machine is needed for the build.
 */
#ifndef TRAPLINE_KERNEL_TYPES_H
#define TRAPLINE_KERNEL_TYPES_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <stdbool.h>

#define RELOCATED __attribute__((preserve_access_index))

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
} RELOCATED;
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	__u64 regs[31];
	__u64 orig_x0;
	__s32 syscallno;
} RELOCATED;
#endif

struct thread_info {
	unsigned long flags;
	__u32 status;
} RELOCATED;

struct qstr {
	const unsigned char *name;
} RELOCATED;

struct dentry {
	struct qstr d_name;
} RELOCATED;

struct super_block {
	unsigned long s_magic;
} RELOCATED;

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
} RELOCATED;

struct path {
	struct dentry *dentry;
} RELOCATED;

struct file_operations {
	void *owner;
} RELOCATED;

struct file {
	const struct file_operations *f_op;
	struct inode *f_inode;
	struct path f_path;
	void *private_data;
} RELOCATED;

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
} RELOCATED;

struct files_struct {
	struct fdtable *fdt;
} RELOCATED;

struct sock_common {
	unsigned short skc_family;
} RELOCATED;

struct sock {
	struct sock_common __sk_common;
	__u16 sk_type;
	__u16 sk_protocol;
} RELOCATED;

struct socket {
	struct sock *sk;
} RELOCATED;

struct task_struct {
	struct thread_info thread_info;
	int pid;
	int tgid;
	unsigned int __state;
	unsigned int flags;
	char comm[16];
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct files_struct *files;
} RELOCATED;

struct kvm_vcpu_stat_generic {
	__u64 halt_poll_success_ns;
	__u64 halt_poll_fail_ns;
} RELOCATED;

struct kvm_vcpu_stat {
	struct kvm_vcpu_stat_generic generic;
} RELOCATED;

struct kvm_vcpu {
	struct kvm_vcpu_stat stat;
} RELOCATED;

union vmx_exit_reason {
	__u32 full;
} RELOCATED;

/* Common to VMX and TDX from 6.16 on. */
struct vcpu_vt {
	union vmx_exit_reason exit_reason;
} RELOCATED;

struct vcpu_vmx {
	struct vcpu_vt vt;
} RELOCATED;

/* Before. */
struct vcpu_vmx___before {
	union vmx_exit_reason exit_reason;
} RELOCATED;

struct vmcb_control_area {
	__u32 exit_code;
} RELOCATED;

struct vmcb {
	struct vmcb_control_area control;
} RELOCATED;

struct vcpu_svm {
	struct vmcb *vmcb;
} RELOCATED;

struct io_kiocb {
	__u8 opcode;
} RELOCATED;

struct bpf_iter_meta {
	struct seq_file *seq;
} RELOCATED;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} RELOCATED;

#endif
