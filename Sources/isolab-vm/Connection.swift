import CLibvirt
import CLinux
import Glibc
import Linux
import Machines

/// One connection to libvirt, kept for the life of the process.
struct Connection: @unchecked Sendable {
    // Unchecked: a virConnectPtr may be used from any thread (libvirt, "Multithreading").
    let pointer: virConnectPtr
    let uri: String
    /// The embedded driver's root, where it is used.
    let root: EmbeddedRoot?

    enum Target {
        /// - capabilities: where libvirt's knowledge of the emulators is kept; nil for nowhere.
        case embedded(StateDirectory, capabilities: String?)
        case uri(String)
    }

    /// Prepares the process and connects. The event loop must be registered before.
    static func open(_ target: Target) throws(DriverError) -> Connection {
        virSetErrorFunc(nil, ignoreError)
        let root: EmbeddedRoot?
        let uri: String
        switch target {
        case .uri(let given):
            root = nil
            uri = given
        case .embedded(let state, let capabilities):
            do throws(SystemError) {
                let made = try EmbeddedRoot(stateDirectory: state, capabilities: capabilities)
                // An ordinary user's libvirt keeps tokens outside its root, in the user's runtime directory.
                if geteuid() != 0 { setenv("XDG_RUNTIME_DIR", made.path, 1) }
                try provideUser(in: made)
                root = made
                uri = made.uri
            } catch {
                throw DriverError(operation: error.operation, object: error.object, message: error.description)
            }
        }
        guard let pointer = virConnectOpen(uri) else {
            let error = lastError("virConnectOpen", uri)
            root?.remove()
            throw error
        }
        return Connection(pointer: pointer, uri: uri, root: root)
    }

    /// A daemon ends its guests when this connection breaks, even by `kill -9`; a guest of the embedded driver is found by
    /// its owner's record, and libvirt's other drivers do not know the flag.
    var creationFlags: UInt32 {
        guard root == nil, let type = virConnectGetType(pointer), String(cString: type) == "QEMU" else { return 0 }
        return VIR_DOMAIN_START_AUTODESTROY.rawValue
    }

    var version: DriverVersion {
        var library: UInt = 0
        var hypervisor: UInt = 0
        virConnectGetLibVersion(pointer, &library)
        virConnectGetVersion(pointer, &hypervisor)
        return DriverVersion(
            libvirt: Self.dotted(library), hypervisor: hypervisor == 0 ? "" : Self.dotted(hypervisor),
            type: virConnectGetType(pointer).map { String(cString: $0) } ?? "", uri: uri)
    }

    /// libvirt's versions are 1 000 000 × major + 1000 × minor + release.
    private static func dotted(_ version: UInt) -> String {
        "\(version / 1_000_000).\(version / 1000 % 1000).\(version % 1000)"
    }

    /// libvirt looks up the user `libvirt-qemu` before it reads in its configuration that another is wanted. Where the user
    /// does not exist, this process, and no other, sees a passwd and a group file that have it.
    private static func provideUser(in root: EmbeddedRoot) throws(SystemError) {
        guard geteuid() == 0, getpwnam("libvirt-qemu") == nil else { return }
        let failure = isolab_vm_private_mounts()
        guard failure == 0 else {
            throw SystemError(
                "unshare", "mount namespace", errno: failure,
                advice: "create the user instead: useradd --system --no-create-home libvirt-qemu")
        }
        for (file, line) in [
            ("passwd", "libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin\n"),
            ("group", "libvirt-qemu:x:64055:\n"),
        ] {
            let copy = "\(root.path)/\(file)"
            let text = (try? SystemFile.read("/etc/\(file)")) ?? ""
            let all = Array((text.hasSuffix("\n") || text.isEmpty ? text + line : text + "\n" + line).utf8)
            let descriptor = try OwnedDescriptor(opening: copy, O_WRONLY | O_CREAT | O_TRUNC)
            try SystemFile.write(all, to: descriptor.number, copy)
            let failure = isolab_vm_bind(copy, "/etc/\(file)")
            guard failure == 0 else { throw SystemError("mount", "/etc/\(file)", errno: failure) }
        }
    }
}

/// The calling thread's last error of libvirt, as ours.
func lastError(_ operation: String, _ object: String) -> DriverError {
    guard let error = virGetLastError() else {
        return DriverError(operation: operation, object: object, message: "libvirt gave no reason")
    }
    let code = Int(error.pointee.code)
    return DriverError(
        operation: operation, object: object,
        message: error.pointee.message.map { oneLine(String(cString: $0)) } ?? "", code: code,
        domain: Int(error.pointee.domain), advice: advice(code: code))
}

private func oneLine(_ text: String) -> String { text.split(separator: "\n").joined(separator: " / ") }

/// What to do about the errors that a user can do something about.
private func advice(code: Int) -> String? {
    switch UInt32(code) {
    case VIR_ERR_NO_CONNECT.rawValue, VIR_ERR_CONFIG_UNSUPPORTED.rawValue:
        "check that QEMU and libvirt's QEMU driver are installed: isolab doctor"
    case VIR_ERR_XML_ERROR.rawValue, VIR_ERR_XML_DETAIL.rawValue: "the guest's description is not valid libvirt XML"
    case VIR_ERR_NO_DOMAIN.rawValue: "it has ended already, or never was"
    case VIR_ERR_AUTH_FAILED.rawValue, VIR_ERR_ACCESS_DENIED.rawValue, VIR_ERR_AUTH_CANCELLED.rawValue:
        "join the group libvirt, or leave --connect out"
    case VIR_ERR_OPERATION_FAILED.rawValue, VIR_ERR_INTERNAL_ERROR.rawValue:
        "QEMU's own words are in the message or in its log below the state directory"
    default: nil
    }
}

/// libvirt prints errors by itself unless told where they go; they go into the answers.
private func ignoreError(_ context: UnsafeMutableRawPointer?, _ error: virErrorPtr?) {}
