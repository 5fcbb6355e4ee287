import Testing

/// Images that say where they keep data (`VOLUME`).
@Suite(.enabled(if: EnginePlace.canRun, "\(EnginePlace.reason)"))
struct ImageVolumeTests {
    private static let image = """
        mkdir c; printf 'FROM busybox\\nRUN mkdir /full && echo first > /full/f && chmod 1777 /full && chown 5:6 /full/f\\n' > c/Containerfile
        printf 'VOLUME /full /new/deep\\nCMD true\\n' >> c/Containerfile
        "$isolab" build -q -t kept-$$ c > /dev/null || exit 9; run() { "$isolab" run "$@"; }

        """

    /// Each is a directory that can be written to, with what the image has there; in a read-only root, too, and for a user of his
    /// own where the image lets him.
    @Test func directories() throws {
        let result = try EnginePlace.shell(
            Self.image + """
                try='cat /full/f; stat -c "%a %u" /full /full/f /new/deep; echo x > /full/x && echo y > /new/deep/y && cat /full/x /new/deep/y'
                run --rm kept-$$ sh -c "$try"; run --rm --read-only kept-$$ sh -c "$try; touch /z 2>&1 | grep -c Read-only"
                run --rm -u 9 kept-$$ sh -c 'echo mine > /full/m && cat /full/m'
                """)
        let each = "first\n1777 0\n644 5\n755 0\nx\ny\n"
        #expect(result.output == each + each + "1\nmine\n", "\(result.output)\(result.complaints)")
    }

    /// What the user mounts there is what is there; what is written to a volume is no change of the container's.
    @Test func othersAndChanges() throws {
        let result = try EnginePlace.shell(
            Self.image + """
                mkdir own; echo own > own/o; run --rm -v "$place/own:/full" kept-$$ ls /full; run --rm --tmpfs /full kept-$$ ls -A /full
                run --rm -v "$place/own:/new" kept-$$ ls /new; ls own
                run --name still-$$ kept-$$ true; "$isolab" diff still-$$; run --name busy-$$ kept-$$ touch /new/deep/y
                "$isolab" diff busy-$$; "$isolab" rm -v still-$$ busy-$$ > /dev/null
                """)
        #expect(
            result.output == "o\no\no\n", "\(result.output)\(result.complaints)")
    }

    /// Guests have them, too.
    @Test(.enabled(if: GuestLuckTests.hasGuests, "guests need isolab-vm and QEMU"))
    func guests() throws {
        let result = try EnginePlace.shell(
            Self.image + "run --rm --vm kept-$$ sh -c 'cat /full/f; touch /new/deep/y && ls /new/deep'")
        #expect(result.output == "first\ny\n", "\(result.output)\(result.complaints)")
    }
}
