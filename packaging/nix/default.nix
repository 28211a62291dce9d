# SPDX-License-Identifier: GPL-2.0
# NixOS: boot.extraModulePackages = [ (config.boot.kernelPackages.callPackage ./packaging/nix { }) ];
# with boot.initrd.kernelModules = [ "vga_stub" ]; and the options in boot.extraModprobeConfig.
# The kernel must be built with Rust (structuredExtraConfig.RUST = yes), and its dev output
# must have the metadata of its crates.
{
  lib,
  stdenv,
  kernel,
  rustc,
  rust-bindgen,
  kmod,
}:

stdenv.mkDerivation {
  pname = "vga-stub";
  version = "0.2.0-${kernel.version}";
  src = lib.cleanSource ../..;

  nativeBuildInputs = kernel.moduleBuildDependencies ++ [
    rustc
    rust-bindgen
    kmod
  ];
  hardeningDisable = [ "pic" ];

  postPatch = "patchShebangs scripts";
  makeFlags = [ "KDIR=${kernel.dev}/lib/modules/${kernel.modDirVersion}/build" ];
  installPhase = ''
    install -D vga_stub.ko $out/lib/modules/${kernel.modDirVersion}/updates/vga_stub.ko
  '';

  meta = {
    description = "Holds graphics cards for virtual machines";
    license = lib.licenses.gpl2Only;
    platforms = [ "x86_64-linux" ];
  };
}
