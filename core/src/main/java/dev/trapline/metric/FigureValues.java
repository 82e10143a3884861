// SPDX-License-Identifier: Apache-2.0
package dev.trapline.metric;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The figures of a trial in eight bytes each. A run of many trials has hundreds of figures of
/// each, under the same ids in most of them, so trials share these. Immutable.
final class FigureValues extends AbstractMap<String, Double> {
  /// The ids of figures that a trial has, with the place of each among its values.
  static final class Ids {
    private final List<String> names;
    private final Map<String, Integer> places = new HashMap<>();

    Ids(Collection<String> ids) {
      names = new ArrayList<>(new TreeSet<>(ids));
      for (String name : names) {
        places.put(name, places.size());
      }
    }
  }

  private final Ids ids;
  private final double[] values;

  /// @param figures one for each of the ids
  FigureValues(Ids ids, Map<String, Double> figures) {
    this.ids = ids;
    this.values = new double[ids.names.size()];
    figures.forEach((name, value) -> {
      Integer place = ids.places.get(name);
      if (place == null) {
        throw new IllegalArgumentException(name + " is none of the ids");
      }
      values[place] = value;
    });
  }

  @Override
  public @Nullable Double get(@Nullable Object name) {
    Integer place = ids.places.get(name);
    return place == null ? null : Double.valueOf(values[place]);
  }

  @Override
  public boolean containsKey(@Nullable Object name) {
    return ids.places.containsKey(name);
  }

  @Override
  public Set<Map.Entry<String, Double>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public Iterator<Map.Entry<String, Double>> iterator() {
        return new Iterator<>() {
          private int next;

          @Override
          public boolean hasNext() {
            return next < values.length;
          }

          @Override
          public Map.Entry<String, Double> next() {
            if (!hasNext()) {
              throw new NoSuchElementException();
            }
            int place = next++;
            return Map.entry(ids.names.get(place), values[place]);
          }
        };
      }

      @Override
      public int size() {
        return values.length;
      }
    };
  }
}
