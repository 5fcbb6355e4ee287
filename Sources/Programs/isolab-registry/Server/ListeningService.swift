import CommandSupport
import Glibc
import Linux
import NIOCore
import ServiceLifecycle

/// A server at its port: an error of the port says which one it is, and what to do.
struct ListeningService: Service {
    let service: any Service
    let address: RegistryAddress

    func run() async throws {
        do { try await service.run() } catch let error as IOError {
            throw SystemError(
                "listen", address.description, errno: error.errnoCode, advice: Self.advice(error.errnoCode))
        }
    }

    private static func advice(_ code: CInt) -> String? {
        switch code {
        case EADDRINUSE:
            "another program listens there (`ss -ltnp` names it): end it, or choose another port; 0 takes a free one"
        case EADDRNOTAVAIL: "this machine does not have the address (`ip address` lists those that it has)"
        case EACCES: "ports below 1024 are root's: choose a greater one"
        default: nil
        }
    }
}
