import Glibc
import Linux
import Synchronization
import Testing

/// What a process has that is made to come to life in others' sight (`ChildStep.succeed`).
@Suite(.enabled(if: geteuid() == 0, "needs root, for nobody else may look into it")) struct SuccessorTests {
    /// The memory of a process that runs a hook, as the hook sees it, and how the program ended.
    private func maps(_ steps: [ChildStep]) throws -> (lines: [Substring], ending: ProcessExit.Ending) {
        let file = "/tmp/isolab-successor-\(getpid())"
        defer { unlink(file) }
        let hook = ChildHook(
            path: "/bin/sh", arguments: ["sh", "-c", "cat /proc/$PPID/maps > \(file)"],
            environment: ["PATH=/usr/bin:/bin"], input: "")
        let program = ChildProgram(
            steps + [
                .hook(hook), .newSession,
                .execute(
                    candidates: ["/absent/sh", "/bin/sh"], arguments: ["sh", "-c", "exit $A"], environment: ["A=7"]),
            ], inputs: .init())
        let child = try program.start(namespaces: [], cgroup: -1)
        let descriptor = OwnedDescriptor(owning: child.pidfd)
        let ending = try ProcessExit.wait(for: child.pid).ending
        _ = consume descriptor
        return (try SystemFile.read(file).split(separator: "\n"), ending)
    }

    /// It has its maker's code, and what it needs itself. Without a successor, all of its maker's is in reach.
    @Test func memory() throws {
        let shared = try maps([])
        #expect(shared.ending == .exited(7))
        #expect(shared.lines.contains { $0.hasSuffix("[heap]") }, "the negative control does not share its memory")
        #expect(shared.lines.contains { $0.hasSuffix("[stack]") })

        let own = try maps([.succeed(pass: 0)])
        #expect(own.ending == .exited(7))
        #expect(own.lines.filter { $0.contains("[heap]") || $0.contains("[stack]") }.isEmpty)
        #expect(own.lines.filter { $0.contains("/") && !$0.contains("r-xp") }.isEmpty, "\(own.lines)")
        let size = own.lines.filter { $0.contains(" rw") }.map { line in
            let ends = line.prefix { $0 != " " }.split(separator: "-").compactMap { UInt64($0, radix: 16) }
            return ends.count == 2 ? ends[1] - ends[0] : UInt64.max
        }
        #expect(size.reduce(0, +) <= 4 << 20, "\(own.lines)")
    }

    /// A hundred of them, with a document of some size: none of what they need is left behind.
    @Test func largeOperands() throws {
        let large = String(repeating: "x", count: 100_000)
        for number in Int32(0)..<100 {
            let program = ChildProgram(
                [
                    .succeed(pass: 0),
                    .execute(
                        candidates: ["/bin/sh"], arguments: ["sh", "-c", "test ${#A} = 100000 && exit \(number % 50)"],
                        environment: (0..<10).map { "\($0)=\(large)" } + ["A=\(large)"]),
                ], inputs: .init())
            let child = try program.start(namespaces: [], cgroup: -1)
            close(child.pidfd)
            #expect(try ProcessExit.wait(for: child.pid).ending == .exited(number % 50))
        }
    }

    /// A process that another thread forks meanwhile has all of its maker's memory: forks wait while that is marked to stay behind.
    @Test(.timeLimit(.minutes(2))) func forksMeanwhile() throws {
        let ended = Ending()
        let successors = Thread {
            for _ in 0..<60 {
                let program = ChildProgram(
                    [
                        .succeed(pass: 0),
                        .execute(candidates: ["/bin/true"], arguments: ["true"], environment: []),
                    ], inputs: .init())
                guard let child = try? program.start(namespaces: [], cgroup: -1) else { continue }
                close(child.pidfd)
                _ = try? ProcessExit.wait(for: child.pid)
            }
            ended.end()
        }
        var endings: Set<ProcessExit.Ending> = []
        var forked = 0
        while !ended.isOver {
            let child = fork()
            if child == 0 { _exit(0) }
            try #require(child > 0)
            endings.insert(try ProcessExit.wait(for: child).ending)
            forked += 1
        }
        successors.join()
        #expect(forked > 0)
        #expect(endings == [.exited(0)])
    }

    /// A filter lets it come to life by a number that nobody else knows, and nobody else.
    @Test func pass() throws {
        #if arch(x86_64)
            let clone: UInt64 = 56
        #else
            let clone: UInt64 = 220
        #endif
        func word(_ code: UInt64, _ constant: UInt64, _ yes: UInt64 = 0, _ no: UInt64 = 0) -> UInt64 {
            code | yes << 16 | no << 24 | constant << 32
        }
        // clone(2) with another sixth operand than 0x5_0000_0007 is forbidden.
        let filter = [
            word(0x20, 0), word(0x15, clone, 0, 5), word(0x20, 56), word(0x15, 7, 0, 2), word(0x20, 60),
            word(0x15, 5, 1, 0), word(0x06, 0x0005_0001), word(0x06, 0x7fff_0000),
        ]
        func run(pass: UInt64) throws -> ProcessExit.Ending {
            let program = ChildProgram(
                [
                    .noNewPrivileges, .seccomp(instructions: filter, flags: 0), .succeed(pass: pass),
                    .execute(candidates: ["/bin/sh"], arguments: ["sh", "-c", "exit 9"], environment: []),
                ], inputs: .init())
            let child = try program.start(namespaces: [], cgroup: -1)
            close(child.pidfd)
            return try ProcessExit.wait(for: child.pid).ending
        }
        #expect(try run(pass: 0x5_0000_0007) == .exited(9))
        for pass in [0, 7, 0x5_0000_0008, 0x6_0000_0007] as [UInt64] {
            let error = #expect(throws: SystemError.self) { try run(pass: pass) }
            #expect(error?.operation == "clone")
            #expect(error?.errno == EPERM)
        }
    }

    /// A label is written by a file that was opened while the process was to be found in procfs; later it is not. A kernel without
    /// a module for labels says EINVAL when all else is right, one with a module takes the word.
    @Test func label() throws {
        func failure(_ steps: [ChildStep], _ write: ChildStep) throws -> SystemError? {
            let program = ChildProgram(
                [.mount(source: "", target: "/", type: "", flags: [.isPrivate, .recursive], data: "")] + steps + [
                    .mount(source: "none", target: "/proc", type: "tmpfs", flags: [], data: ""), write,
                    .execute(candidates: ["/bin/true"], arguments: ["true"], environment: []),
                ], inputs: .init())
            do throws(SystemError) {
                let child = try program.start(namespaces: .mount, cgroup: -1)
                close(child.pidfd)
                _ = try ProcessExit.wait(for: child.pid)
                return nil
            } catch { return error }
        }
        let late = try #require(
            try failure([], .writeFile(path: "/proc/self/attr/exec", content: "exec unconfined")))
        #expect([ENOENT, EPERM].contains(late.errno), "the negative control finds the file")
        for module in [SecurityModule.appArmor, .selinux] {
            let error = try failure([.holdLabel(module)], .writeLabel(module, "exec unconfined"))
            #expect(error == nil || error?.errno == EINVAL && error?.operation == "write", "\(error as Any)")
        }
    }
}

/// A thread of the system's own.
private final class Thread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private var number = pthread_t()

    init(_ body: @escaping @Sendable () -> Void) {
        let argument = Unmanaged.passRetained(Body(body)).toOpaque()
        pthread_create(
            &number, nil,
            { argument in
                argument.map { Unmanaged<Body>.fromOpaque($0).takeRetainedValue().run() }
                return nil
            }, argument)
    }

    func join() { pthread_join(number, nil) }
}

/// Whether something has come to its end.
private final class Ending: Sendable {
    private let over = Atomic(false)
    var isOver: Bool { over.load(ordering: .acquiring) }
    func end() { over.store(true, ordering: .releasing) }
}
