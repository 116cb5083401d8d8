package dev.rouse.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// The door that a later JDK opens, tried with a setting that every JDK has.
class CarrierThreadsTest {

    /// One builder once served all shards, and each setting went to all of them.
    @Test
    void eachPublicBuilderIsOfItsOwn() throws Throwable {
        MethodHandle builder = Objects.requireNonNull(CarrierThreads.findPublicBuilder("name", String.class));
        Thread.Builder.OfVirtual first = (Thread.Builder.OfVirtual) builder.invoke("first");
        Thread.Builder.OfVirtual second = (Thread.Builder.OfVirtual) builder.invoke("second");
        assertThat(first.unstarted(() -> {}).getName()).isEqualTo("first");
        assertThat(second.unstarted(() -> {}).getName()).isEqualTo("second");
    }

    @Test
    void aSettingThatThisJdkDoesNotHaveIsNotFound() {
        assertThat(CarrierThreads.findPublicBuilder("noSuchSetting", String.class))
                .isNull();
    }
}
