/** What is checked on other hardware than the developers' machines: see HACKING.md, "AMD-V in QEMU". */
@NullMarked
package mayfly.checks.hardware;

import org.jspecify.annotations.NullMarked;
