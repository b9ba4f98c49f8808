import CGDAL

/// The heaps that the process takes memory from.
public enum Heaps {
    /// Lets there be no more of them than threads that work; call it in the program, before other threads begin.
    ///
    /// glibc makes up to eight a core. Decoded blocks live long, and what is freed between them stays in their heap: the more heaps, the
    /// more memory is held that nobody uses. Uses `mallopt`; does nothing with another library.
    public static func limit(to threads: Int) { matter_limit_heaps(Int32(clamping: threads)) }
}
