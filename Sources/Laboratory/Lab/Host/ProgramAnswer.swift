import Glibc
import Linux

/// What a program of the host said of itself, or why it said nothing: one that is slow is not one that is absent.
enum ProgramAnswer: Equatable, Sendable {
    /// Both streams, standard output first.
    case said(String)
    case absent
    case failed(String)
    case late(seconds: UInt64)

    var text: String? { if case .said(let text) = self { text } else { nil } }

    /// Asks a program, which is looked for as lanes look for it.
    ///
    /// - Parameter seconds: a cold QEMU on a slow host takes some.
    init(to words: [String], within seconds: UInt64 = 20) {
        guard let program = words.first, let path = HostProgram.path(of: program) else {
            self = .absent
            return
        }
        do throws(SystemError) {
            let answer = try HostProgram.run(path, Array(words.dropFirst()), seconds: seconds)
            let text = trimmed(String(decoding: answer.output + answer.errors, as: UTF8.self))
            self = answer.status == 0 ? .said(text) : .failed(answer.errorText)
        } catch {
            self = error.errno == ETIMEDOUT ? .late(seconds: seconds) : .failed("\(error)")
        }
    }
}
