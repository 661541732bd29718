CREATE TABLE trade.spatial (
  id INT PRIMARY KEY, point POINT, area POLYGON, line LINESTRING, points MULTIPOINT, lines_ MULTILINESTRING,
  areas MULTIPOLYGON, any_ GEOMETRY, all_ GEOMETRYCOLLECTION, place POINT NOT NULL SRID 4326, flat GEOMETRY SRID 0,
  SPATIAL INDEX (place)
);
-- then
INSERT INTO trade.spatial VALUES
  (1, POINT(1.5, -2.25), ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0),(5 5,7 5,7 7,5 7,5 5))'),
   ST_GeomFromText('LINESTRING(0 0,1 1,2 2)'), ST_GeomFromText('MULTIPOINT(0 0,1 1)'),
   ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))'), ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))'),
   ST_GeomFromText('POINT(48.8 2.3)', 4326), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))'),
   ST_GeomFromText('POINT(48.858 2.294)', 4326), ST_GeomFromText('POINT(1e300 -1e-300)')),
  (2, NULL, NULL, NULL, NULL, NULL, NULL, ST_GeomFromText('POINT(0.1 0.2)', 3857), ST_GeomFromText('GEOMETRYCOLLECTION()'),
   ST_GeomFromText('POINT(-90 180)', 4326), NULL);
UPDATE trade.spatial SET point = POINT(3, 4), place = ST_GeomFromText('POINT(0 0)', 4326) WHERE id = 1;
