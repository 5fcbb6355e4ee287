import CLibvirt
import Glibc
import Machines

/// One connection to libvirt, kept for the life of the process.
struct Connection: @unchecked Sendable {
    // Unchecked: a virConnectPtr may be used from any thread (libvirt, "Multithreading").
    let pointer: virConnectPtr
    let uri: String
    /// The embedded driver's root, where it is used.
    let root: EmbeddedRoot?

    enum Target {
        case embedded(EmbeddedRoot)
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
        case .embedded(let made):
            // An ordinary user's libvirt keeps tokens outside its root, in the user's runtime directory.
            if geteuid() != 0 { setenv("XDG_RUNTIME_DIR", made.path, 1) }
            root = made
            uri = made.uri
        }
        guard let pointer = virConnectOpen(uri) else {
            throw refusal(of: uri, isEmbedded: root != nil)
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

/// Why no connection came to be, and what to do: a daemon that is not there is what most often is wrong.
private func refusal(of uri: String, isEmbedded: Bool) -> DriverError {
    var error = lastError("connect to libvirt", uri)
    guard !isEmbedded else { return error }
    switch UInt32(error.code) {
    case VIR_ERR_NO_CONNECT.rawValue:
        error.message = "this libvirt has no such driver"
        error.advice = "use qemu:///system, or omit --connect: the embedded driver needs no daemon"
    case VIR_ERR_SYSTEM_ERROR.rawValue, VIR_ERR_RPC.rawValue, VIR_ERR_INTERNAL_ERROR.rawValue:
        error.message = "no daemon answers (\(error.message))"
        error.advice =
            "start it (systemctl start libvirtd, or virtqemud), or omit --connect: the embedded driver needs no daemon"
    default: break
    }
    return error
}

private func oneLine(_ text: String) -> String { text.split(separator: "\n").joined(separator: " / ") }

/// What to do about the errors that a user can do something about.
private func advice(code: Int) -> String? {
    switch UInt32(code) {
    case VIR_ERR_NO_CONNECT.rawValue, VIR_ERR_CONFIG_UNSUPPORTED.rawValue:
        "check that QEMU and libvirt's QEMU driver are installed: isolab doctor"
    case VIR_ERR_XML_ERROR.rawValue, VIR_ERR_XML_DETAIL.rawValue: "the guest's description is not valid libvirt XML"
    case VIR_ERR_NO_DOMAIN.rawValue: "it has already ended, or never existed"
    case VIR_ERR_AUTH_FAILED.rawValue, VIR_ERR_ACCESS_DENIED.rawValue, VIR_ERR_AUTH_CANCELLED.rawValue:
        "join the group libvirt, or omit --connect"
    case VIR_ERR_OPERATION_FAILED.rawValue, VIR_ERR_INTERNAL_ERROR.rawValue:
        "QEMU's message is above, or in its log below the state directory"
    default: nil
    }
}

/// libvirt prints errors by itself unless told where they go; they go into the answers.
private func ignoreError(_ context: UnsafeMutableRawPointer?, _ error: virErrorPtr?) {}
